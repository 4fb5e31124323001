/* llmxrec.h - everything: interaction logs, recommenders with evidence, language models, gated explanations. */
#ifndef LLMXREC_LLMXREC_H
#define LLMXREC_LLMXREC_H

#include "llmxrec/adapter.h"
#include "llmxrec/agreement.h"
#include "llmxrec/bench.h"
#include "llmxrec/data.h"
#include "llmxrec/embeddings.h"
#include "llmxrec/error.h"
#include "llmxrec/evaluate.h"
#include "llmxrec/explain.h"
#include "llmxrec/explain_file.h"
#include "llmxrec/facts.h"
#include "llmxrec/faithfulness.h"
#include "llmxrec/gate.h"
#include "llmxrec/generate.h"
#include "llmxrec/grounding.h"
#include "llmxrec/llm.h"
#include "llmxrec/ratings.h"
#include "llmxrec/recommend.h"
#include "llmxrec/recommend_file.h"
#include "llmxrec/remote.h"
#include "llmxrec/serve.h"
#include "llmxrec/statistics.h"
#include "llmxrec/study.h"
#include "llmxrec/text_metrics.h"
#include "llmxrec/train.h"
#include "llmxrec/tune.h"
#include "llmxrec/view.h"

#define LLMX_VERSION "0.1.0"

#endif
