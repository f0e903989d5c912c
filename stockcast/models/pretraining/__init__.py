"""Pre-training on daily bars without labels, fine-tuning, and models trained by others."""
