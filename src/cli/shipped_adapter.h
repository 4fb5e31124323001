/* shipped_adapter.h - the adapter that comes with the program, for the model that it was tuned on. */
#ifndef CLI_SHIPPED_ADAPTER_H
#define CLI_SHIPPED_ADAPTER_H

/* Its folder where the model's file is called like the one that it was tuned on and the folder lies beside the program, as in
 * the build tree or installed; else NULL, and of that model says where it was looked for. Valid until the next call. */
const char *shipped_adapter(const char *base);

/* The experiment of the paper, likewise; where it is not there, the name by which it is missed. */
const char *shipped_experiment(void);

#endif
