"""Makes things happen: the ticker says when, the carrier takes runs over a crash, the outbox gets errands done."""
