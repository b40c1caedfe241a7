"""The menus above a page: take it along, run it, mend it.

Notebooks can be taken along from every page that has code. The rest appears once `repository: url` is set in
`_config.yml`: suggesting an edit, reporting a mistake, and opening the notebook on Binder or, for a repository on
GitHub, on Colab, which reads the notebooks from the branch `notebooks` that publishing the site writes.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

FOLDER = "book"
NOTEBOOKS = "notebooks"
INSTALL = """\
# Needed wherever the course is not installed, as on Colab.
%pip install --quiet 'course_lib @ git+{url}@{branch}'"""


@dataclass(frozen=True)
class Repository:
    url: str
    branch: str = "main"

    @property
    def host(self) -> str | None:
        """Which of the known services it is on."""
        name = urlsplit(self.url).hostname or ""
        return next((known for known in ("github", "gitlab") if known in name), None)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path.strip("/")

    def edit(self, source: str) -> str | None:
        way = {"github": "edit", "gitlab": "-/edit"}.get(self.host)
        return way and f"{self.url}/{way}/{self.branch}/{FOLDER}/{source}"

    def report(self, page: str) -> str | None:
        title = quote(f"On the page {page}")
        return {
            "github": f"{self.url}/issues/new?title={title}",
            "gitlab": f"{self.url}/-/issues/new?issue[title]={title}",
        }.get(self.host)

    def binder(self, source: str) -> str:
        where = {"github": f"gh/{self.path}", "gitlab": f"gl/{quote(self.path, safe='')}"}
        place = where.get(self.host, f"git/{quote(self.url, safe='')}")
        return f"https://mybinder.org/v2/{place}/{quote(self.branch, safe='')}?urlpath=lab/tree/{FOLDER}/{source}"

    def colab(self, page: str) -> str | None:
        if self.host != "github":
            return None
        return f"https://colab.research.google.com/github/{self.path}/blob/{NOTEBOOKS}/{page}.ipynb"


def menus(page: str, source: str, sources: str, notebook: bool, repository: Repository | None) -> list[dict]:
    """The menus of a page: what they are called, their icon and their links, as pairs of words and address.

    `sources` leads from the page to the folder of sources and notebooks.
    """
    take = [("Notebook (.ipynb)", f"{sources}/{page}.ipynb")] if notebook else []
    found = [("Take this page along", "download", [*take, ("Source (.md)", f"{sources}/{source}")])]
    if repository:
        run = [("Binder", repository.binder(source)), ("Colab", repository.colab(page))] if notebook else []
        mend = [
            ("Suggest an edit", repository.edit(source)),
            ("Report a mistake", repository.report(page)),
            ("Repository", repository.url),
        ]
        found += [("Run this page", "play", run), ("Mend this page", "pencil", mend)]
    present = [(name, icon, [link for link in links if link[1]]) for name, icon, links in found]
    return [{"name": name, "icon": icon, "links": links} for name, icon, links in present if links]


def prepared(notebook: dict, repository: Repository | None) -> dict:
    """The notebook to take along: away from the course it has to fetch the library first."""
    if repository is None:
        return notebook
    install = {
        "cell_type": "code", "id": "install", "metadata": {}, "execution_count": None, "outputs": [],
        "source": INSTALL.format(url=repository.url, branch=repository.branch),
    }
    return {**notebook, "cells": [install, *notebook["cells"]]}


def repository_of(config) -> Repository | None:
    return Repository(config.course_repository, config.course_branch) if config.course_repository else None


def take_over(app, config):
    """The theme would point Colab at pages that it cannot open, and stop at hosts that it does not know."""
    options = config.html_theme_options
    config.course_repository = options.pop("repository_url", "").rstrip("/").removesuffix(".git")
    config.course_branch = options.pop("repository_branch", "") or "main"


def add_menus(app, pagename, templatename, context, doctree):
    context["page_menus"] = []
    if doctree is None:
        return
    repository = repository_of(app.config)
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.ipynb"
    if executed.is_file():
        place = Path(app.outdir) / "_sources" / f"{pagename}.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(prepared(json.loads(executed.read_text()), repository), indent=1))
    source = pagename + app.env.doc2path(pagename, base=False)[len(pagename):]
    sources = context["pathto"]("_sources", resource=True)
    context["page_menus"] = menus(pagename, source, sources, executed.is_file(), repository)


def setup(app):
    app.add_config_value("course_repository", "", "html", str)
    app.add_config_value("course_branch", "main", "html", str)
    app.connect("config-inited", take_over)
    app.connect("html-page-context", add_menus)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
