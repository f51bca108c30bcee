"""`towpath service`: Towpath in the background, as the platform's own service manager runs programs."""
