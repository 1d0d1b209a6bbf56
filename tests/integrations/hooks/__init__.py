"""What vendors post, through the whole way in: the authenticity cases of each, and what their payloads become."""
