"""May usage data be sent? The dialog for a Tk app: two equal answers, and nothing chosen before the person chooses."""

import tkinter as tk
import webbrowser
from collections.abc import Callable
from functools import partial
from tkinter import font, ttk
from typing import TYPE_CHECKING, Final

from aboveboard.integrations import notice as words
from aboveboard.integrations.notice import Notice, events_so_far, notice_of

if TYPE_CHECKING:
    from aboveboard.client.telemetry import Telemetry

__all__ = ["ConsentDialog"]

MARGIN: Final = 16
LETTERS: Final = 84
LINES: Final = 16


class ConsentDialog(tk.Toplevel):
    """Asks once: yes, no, or later; closing it or Escape is later, which is no answer.

    `answered` is called with the answer once it has been recorded. Every part is reached with Tab, the answers with
    Alt and the underlined letter too; Enter alone presses nothing before a button has been chosen.
    """

    def __init__(
        self,
        telemetry: "Telemetry",
        app: str,
        parent: tk.Misc | None = None,
        *,
        notice: Notice | None = None,
        answered: Callable[[bool], object] | None = None,
    ) -> None:
        super().__init__(parent, name="consentDialog")
        self._telemetry = telemetry
        self._notice = notice or notice_of(telemetry, app)
        self._answered = answered
        self.title(words.TITLE)
        self.problem = tk.StringVar(self)
        self._build(app)
        self._bind_keys()
        self.update_idletasks()
        answers = self.nametowidget("content.answers")
        self.minsize(answers.winfo_reqwidth() + 2 * MARGIN, 20 * MARGIN)
        self.focus_set()

    @classmethod
    def ask(
        cls,
        telemetry: "Telemetry",
        app: str,
        parent: tk.Misc | None = None,
        answered: Callable[[bool], object] | None = None,
    ) -> "ConsentDialog | None":
        """Show the dialog over `parent` where there is something to ask, and return it; it does not block."""
        notice = notice_of(telemetry, app)
        if notice is None or not telemetry.consent.ask:
            return None
        return cls(telemetry, app, parent, notice=notice, answered=answered)

    def _build(self, app: str) -> None:
        frame = ttk.Frame(self, padding=MARGIN, name="content")
        frame.pack(fill="both", expand=True)
        bold = font.nametofont("TkDefaultFont").copy()
        bold.configure(weight="bold", size=int(bold.cget("size") * 1.3))
        title = self._paragraph(frame, words.QUESTION % app, name="title")
        title.configure(font=bold)
        self._heading_font = bold  # Tk forgets a font that nobody holds
        host = self._notice.host if self._notice is not None else ""
        intro = self._paragraph(frame, words.INTRO % (host or words.NOBODY), name="intro")
        # Made in the order in which Tab goes; packed so that a small window cuts the list and not the answers.
        tabs = self._tabs(frame)
        link = self._link(frame)
        problem = self._paragraph(frame, "", name="problem")
        problem.configure(textvariable=self.problem)
        answers = self._answers(frame)
        for label in (title, intro):
            label.pack(fill="x", pady=(0, 4))
        answers.pack(side="bottom", fill="x", pady=(MARGIN, 0))
        problem.pack(side="bottom", fill="x")
        if link is not None:
            link.pack(side="bottom", anchor="w", pady=(8, 0))
        tabs.pack(fill="both", expand=True, pady=(8, 0))

    def _paragraph(self, parent: tk.Misc, text: str, *, name: str) -> ttk.Label:
        wide = font.nametofont("TkDefaultFont").measure("0") * LETTERS
        label = ttk.Label(parent, text=text, name=name, justify="left", wraplength=wide)
        label.bind("<Configure>", lambda event: label.configure(wraplength=event.width))
        return label

    def _tabs(self, parent: tk.Misc) -> ttk.Notebook:
        tabs = ttk.Notebook(parent, name="tabs")
        events = self._notice.events if self._notice is not None else ()
        listed = "\n\n".join(f"{name}\n{description}" for name, description in events)
        collected = f"{listed}\n\n{words.WITH_EACH}\n\n{words.NEVER}"
        waiting = len(self._telemetry.preview())
        said = words.SO_FAR % waiting if waiting else words.NOTHING_YET
        shown = f"{said}\n\n{events_so_far(self._telemetry)}"
        tabs.add(_reading(tabs, "collected", collected, "TkDefaultFont"), text=words.COLLECTED, underline=0)
        tabs.add(_reading(tabs, "events", shown, "TkFixedFont"), text=words.YOUR_EVENTS, underline=5)
        tabs.enable_traversal()
        return tabs

    def _link(self, parent: tk.Misc) -> ttk.Button | None:
        address = self._notice.privacy if self._notice is not None else ""
        if not address:
            return None
        open_it = partial(webbrowser.open, address)
        return ttk.Button(parent, text=f"{words.PRIVACY}: {address}", name="privacy", command=open_it)

    def _answers(self, parent: tk.Misc) -> ttk.Frame:
        row = ttk.Frame(parent, name="answers")
        later = ttk.Button(row, text=words.LATER, name="later", underline=7, command=self.destroy)
        later.grid(row=0, column=0, sticky="w")
        row.columnconfigure(0, weight=1)
        for column, name, text, yes in ((1, "no", words.NO, False), (2, "yes", words.YES, True)):
            press = partial(self._answer, yes)
            button = ttk.Button(row, text=text, name=name, underline=0, command=press)
            button.grid(row=0, column=column, sticky="ew", padx=(8, 0))
            # Of one width, however little room there is.
            row.columnconfigure(column, uniform="answers")
        return row

    def _bind_keys(self) -> None:
        self.protocol("WM_DELETE_WINDOW", self.destroy)
        self.bind("<Escape>", lambda event: self.destroy())
        yes, no = partial(self._answer, True), partial(self._answer, False)
        presses: dict[str, Callable[[], None]] = {"y": yes, "n": no, "l": self.destroy}
        for letter, press in presses.items():
            for pressed in (letter, letter.upper()):
                self.bind(f"<Alt-{pressed}>", partial(_do, press))
        for key in ("<Return>", "<KP_Enter>"):
            # Tk presses a button with the space bar only; people try Enter.
            self.bind(key, _press)

    def _answer(self, yes: bool) -> None:
        consent = self._telemetry.consent
        kept = consent.accept(level="usage") if yes else consent.decline()
        if kept:
            self.destroy()
            if self._answered is not None:
                self._answered(yes)
            return
        status = self._telemetry.status()
        why = (status.problem or words.DECIDED_BY % status.decided_by) if status is not None else ""
        self.problem.set((words.NOT_RECORDED if yes else words.NOT_KEPT) % why)


def _do(press: Callable[[], None], event: "tk.Event[tk.Misc]") -> str:
    press()
    return "break"


def _press(event: "tk.Event[tk.Misc]") -> None:
    if isinstance(event.widget, ttk.Button):
        event.widget.invoke()


def _reading(parent: tk.Misc, name: str, text: str, font_name: str) -> ttk.Frame:
    """Return a text that scrolls and can be selected and copied, and not changed."""
    frame = ttk.Frame(parent, name=name)
    bar = ttk.Scrollbar(frame)
    view = tk.Text(
        frame,
        name="text",
        wrap="word",
        width=LETTERS,
        height=LINES,
        font=font_name,
        relief="flat",
        takefocus=True,
    )
    view.insert("1.0", text)
    view.configure(state="disabled", yscrollcommand=bar.set, padx=8, pady=8)
    bar.configure(command=view.yview)
    bar.pack(side="right", fill="y")
    view.pack(side="left", fill="both", expand=True)
    # Tab leaves the text, as everywhere else.
    view.bind("<Tab>", _next)
    return frame


def _next(event: "tk.Event[tk.Text]") -> str:
    following = event.widget.tk_focusNext()
    if following is not None:
        following.focus_set()
    return "break"
