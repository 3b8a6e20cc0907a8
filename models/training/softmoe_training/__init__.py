"""Trains Soft Mixture-of-Experts Vision Transformers of google-research/vmoe's conventions on CIFAR-10."""
