"""How does a receipt look on paper, and a year on the wall? The one door to `reportlab`."""
