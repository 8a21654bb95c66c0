using Mlops.Storage;

namespace Mlops;

/// <summary>The tables of rollouts: the newest record of every candidate, and what calls have shown of those that run.</summary>
internal static class RolloutSchema
{
    public static readonly MigrationSet Migrations = new("rollouts",
    [
        new Migration(1, """
            CREATE TABLE serving_rollout (
                model {text} NOT NULL,
                digest {text} NOT NULL,
                version {int} NOT NULL,
                stable_version {int} NOT NULL,
                stable_digest {text} NOT NULL,
                state {text} NOT NULL,
                share {real} NOT NULL,
                salt {int} NOT NULL,
                reason {text},
                evidence {text},
                started_at {int} NOT NULL,
                promoted_at {int},
                changed_at {int} NOT NULL,
                carried_out {int} NOT NULL,
                revision {int} NOT NULL,
                PRIMARY KEY (model, digest)
            ) {keyed};
            """),
        new Migration(2, """
            CREATE TABLE serving_rollout_evidence (
                model {text} NOT NULL,
                digest {text} NOT NULL,
                evidence {blob} NOT NULL,
                PRIMARY KEY (model, digest)
            ) {keyed};
            """),
    ]);
}
