"""What has seen a label: the sealed holdout, its answers, and judging on them."""
