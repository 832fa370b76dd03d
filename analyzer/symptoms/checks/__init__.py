"""The symptoms, one file each; a new symptom is a new file and nothing else."""
