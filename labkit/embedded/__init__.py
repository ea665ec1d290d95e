"""Engines that need only pip, for machines with neither Docker nor the real servers."""
