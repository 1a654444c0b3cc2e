"""When somebody can come (R2.1): lengths, free times, numbers of a day, and what is free instead."""
