"""Every bound on what strangers may cost us, in one place.

Sizes are bytes, times are seconds unless the name says otherwise. Each value can be set in the
`[limits]` section of the configuration; `docs/settings.md` lists them.
"""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """The default limits; each is tested at the limit and one beyond."""

    # What others may send us.
    inbox_body: int = MIB
    form_body: int = MIB
    json_depth: int = 32
    json_nodes: int = 10_000
    json_items: int = 1_000
    json_string: int = 256 * KIB
    recipients: int = 500
    tags: int = 100
    attachments: int = 16
    poll_options: int = 20
    remote_content: int = 100 * KIB
    name_length: int = 200
    bio_length: int = 20 * KIB
    profile_fields: int = 16
    field_length: int = 2 * KIB

    # What our own members may write.
    post_length: int = 5_000
    post_attachments: int = 4
    description_length: int = 1_500
    upload_picture: int = 40 * MIB
    upload_film: int = 200 * MIB
    upload_document: int = 40 * MIB
    film_seconds: float = 600.0
    unattached_uploads: int = 50
    import_unpacked: int = 512 * MIB
    import_entries: int = 50_000
    import_items: int = 50_000
    alt_length: int = 1_500
    account_note_length: int = 2_000
    lists_per_member: int = 50
    featured_tags_per_member: int = 10

    # What we fetch.
    fetched_document: int = MIB
    fetched_image: int = 16 * MIB
    fetched_film: int = 100 * MIB
    fetched_film_seconds: float = 120.0
    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    total_seconds: float = 30.0
    redirects: int = 3
    key_refetch_seconds: int = 600
    cached_keys: int = 10_000
    known_hosts: int = 5_000
    thread_objects: int = 100
    thread_depth: int = 30
    thread_seconds: float = 20.0
    new_actors_per_hour: int = 2_000

    # Signatures.
    date_skew_seconds: int = 3_600
    created_skew_seconds: int = 300
    rsa_min_bits: int = 2_048
    rsa_max_bits: int = 8_192

    # Rates, per five minutes. A host that comes back after days has much to say: ten times what threats.md has.
    requests_per_address: int = 300
    requests_per_member: int = 300
    uploads_per_member: int = 30
    exports_per_member: int = 2
    imports_per_member: int = 5
    inbox_per_host: int = 12_000
    counted_subjects: int = 20_000
    logins_per_account: int = 5
    logins_per_address: int = 25
    clients_per_address: int = 30
    client_failures_per_address: int = 30
    cases_per_address: int = 10

    # Deliveries.
    delivery_first_retry_seconds: int = 60
    delivery_longest_pause_seconds: int = 6 * 3_600
    delivery_horizon_seconds: int = 7 * 86_400
    delivery_lease_seconds: int = 60
    deliveries_at_once: int = 100
    deliveries_per_host: int = 2

    # Incoming activities.
    inbox_lease_seconds: int = 60
    inbox_attempts: int = 5
    inbox_wait_seconds: int = 86_400

    # Open streams.
    open_streams: int = 5_000
    streams_per_member: int = 20
    subscriptions_per_stream: int = 50
    waiting_events: int = 200
    stream_send_seconds: float = 20.0

    # Mails. Links in them work once.
    mail_lease_seconds: int = 120
    mail_first_retry_seconds: int = 60
    mail_longest_pause_seconds: int = 4 * 3_600
    mail_horizon_seconds: int = 4 * 86_400
    mails_waiting: int = 50_000
    mail_pause_seconds: int = 300
    mail_away_seconds: int = 900
    mail_link_seconds: int = 3_600
    mail_links_per_hour: int = 3
    mail_forms_per_address: int = 10
    mail_answer_seconds: int = 30 * 86_400
    mail_answers_per_member: int = 10
    incoming_mail: int = 10 * MIB
    incoming_mails_at_once: int = 10

    # How long things are kept. Of a case first its words, and whose they are, then all of it;
    # complaints among members as long as the words of cases.
    case_unproven_seconds: int = 5 * 86_400
    case_appeal_seconds: int = 30 * 86_400
    case_words_seconds: int = 180 * 86_400
    case_seconds: int = 3 * 365 * 86_400
    login_failure_seconds: int = 86_400
    session_idle_seconds: int = 12 * 3_600
    invitation_seconds: int = 7 * 86_400
    code_seconds: int = 60
    typed_code_seconds: int = 600
    unused_client_seconds: int = 8 * 86_400
    idle_client_seconds: int = 365 * 86_400
    kept_fragments: int = 32 * MIB
    erasure_due_seconds: int = 86_400
    erasure_record_seconds: int = 400 * 86_400
    done_rows_seconds: int = 30 * 86_400
    ignored_rows_seconds: int = 7 * 86_400
    media_cache_seconds: int = 7 * 86_400
    upload_seconds: int = 86_400
