# In place of Argos Translate and its models: a dictionary that the translators' contract knows. What
# LibreTranslate itself uses of it, and no more.
