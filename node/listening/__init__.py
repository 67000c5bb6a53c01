"""Open streams, whichever door they were opened at: who hears of what happens, and how it comes to them."""
