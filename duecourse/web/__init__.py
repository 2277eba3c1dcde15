"""The pages: what a person sees in a browser, and the forms by which they change it."""
