"""How many families are served, by how many home visitors, against which capacity?"""
