"""How are the list, the code and the data held together?"""
