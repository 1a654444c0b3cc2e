"""SQLite as the embedded database: Django's backend with a fair write lock shared by all processes."""
