"""`towpath top`: the page's account of what happens, in a terminal."""
