"""What is kept beside the issues to measure them at any size. No personal data."""
