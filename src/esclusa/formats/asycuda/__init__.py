"""ASYCUDA World: cargo manifests (AWMDS, Awbolds) and declarations (SAD) in XML.

UNCTAD publishes no schema. Element names follow what installations exchange: the tree of AWMDS as
its binding classes have it, and exported declarations. Later national schemas add elements, which
are passed over.
"""
