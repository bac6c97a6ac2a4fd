"""STIX 2.1: records written as objects with registered extensions, objects of others read.

Pure mapping: nothing here knows a partner, an agreement or a shelf. Who may see an object is
decided before it is written.
"""
