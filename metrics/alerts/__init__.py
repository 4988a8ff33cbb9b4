"""When the numbers are wrong, and who is told: rules, their lives, and the incidents that they make."""
