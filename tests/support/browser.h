/* browser.h - a headless Chromium, driven over WebDriver as a person at it would: keys, clicks, and what is then on the page.
 *
 *     if (!browser_open()) skip();
 *     browser_size(390, 844, "light");
 *     browser_go("http://127.0.0.1:%d/", port);
 *     browser_wait("document.querySelector('h1')");
 *     browser_keys(KEY_TAB KEY_TAB "star" KEY_DOWN KEY_ENTER);
 *
 * One browser at a time. What goes wrong fails the test, with the driver's own words. */
#ifndef TESTS_BROWSER_H
#define TESTS_BROWSER_H

#include <stdbool.h>

/* Keys without a letter, as WebDriver writes them. */
#define KEY_ENTER  "\xee\x80\x87"
#define KEY_TAB    "\xee\x80\x84"
#define KEY_ESCAPE "\xee\x80\x8c"
#define KEY_RIGHT  "\xee\x80\x94"
#define KEY_DOWN   "\xee\x80\x95"

/* Starts Chromium and its driver (Debian's packages chromium and chromium-driver). returns false where one is missing. */
bool browser_open(void);
void browser_close(void);

/* The window, and what the system asks for: "light" or "dark". */
void browser_size(int width, int height, const char *scheme);
/* Does the system ask for little motion? Keeps the scheme. */
void browser_reduce_motion(bool is_reduced);

/* Loads a page (printf-like), anew even where only what follows the # differs. */
void browser_go(const char *url, ...) __attribute__((format(printf, 1, 2)));

/* Presses and lets go of each key in turn, wherever the focus is. */
void browser_keys(const char *keys);

/* What an expression in the page is (printf-like): a text of static storage, "true", "12", or "null". */
const char *browser_ask(const char *expression, ...) __attribute__((format(printf, 1, 2)));
/* Waits, ten seconds at most, until an expression is true (printf-like). */
void browser_wait(const char *expression, ...) __attribute__((format(printf, 1, 2)));
/* Fails unless an expression is true now. */
void browser_assert(const char *expression, ...) __attribute__((format(printf, 1, 2)));

/* Presses Tab until the focused element (`document.activeElement`) matches the selector: within 200. */
void browser_tab_to(const char *selector);

/* Fails where the page keeps people from reading or using it (accessibility.js), light or dark, wide or narrow. */
void browser_assert_accessible(void);

/* cmocka's fixtures of each test: a desktop's window before it, and after it a console in which nothing stands. */
int browser_on_desktop(void **state);
int browser_is_quiet(void **state);

/* What is said in the console since the last call, a line each. Static storage. */
const char *browser_console(void);

#endif
