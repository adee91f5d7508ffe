"""All tasks with their flags. Once for all tests: Invoke hands out each help text only once."""

from deploy.tasks import namespace

CONTEXTS = {str(context.name): context for context in namespace.to_contexts()}
