"""Floor 5: two hospitals to look at, made and kept alive through the same operations as everything else."""
