"""The `.idx` format: `layout` documents it, `view` opens it; `plans`, for what is made from an open one."""
