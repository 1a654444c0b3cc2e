"""Floor 0: knows no noun. Tenancy, access, errors, and the bases the doors are built on."""
