"""The pages of the site, one file each; Streamlit runs the one that is looked at."""
