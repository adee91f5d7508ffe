"""What people type: each task turns flags into one call, and shows what came of it."""

from invoke.collection import Collection

from deploy.tasks import (
    backup,
    demo,
    dev,
    doctor,
    env,
    images,
    init,
    look,
    rollout,
    sandbox,
    server,
)

namespace = Collection(
    init.init,
    rollout.deploy,
    rollout.rollback,
    rollout.scale,
    rollout.migrate,
    look.status,
    look.releases,
    look.health,
    doctor.doctor,
    look.logs,
    look.execute,
    look.shell,
    backup.recover,
    images.build,
    images.push,
    dev.up,
    dev.down,
    dev.reset,
    dev.run_tests,
    dev.run_linters,
    dev.config,
    demo.demo,
)
namespace.add_collection(Collection("env", env.init))
namespace.add_collection(Collection("server", server.unlock))
namespace.add_collection(backup.backup, name="backup")
namespace.add_collection(backup.restoring, name="restore")
namespace.add_collection(sandbox.collection, name="sandbox")
