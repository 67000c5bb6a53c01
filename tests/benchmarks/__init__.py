"""Commands that measure and print a table. Never asserted on time; ratios within one run are what counts."""
