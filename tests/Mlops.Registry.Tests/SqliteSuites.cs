using Mlops.Registry.Tests.Aliases;
using Mlops.Registry.Tests.Approvals;
using Mlops.Registry.Tests.Models;
using Mlops.Registry.Tests.Promotion;
using Mlops.Registry.Tests.Repeats;
using Mlops.Registry.Tests.Storage;
using Mlops.Registry.Tests.Versions;
using Mlops.Registry.Tests.Webhooks;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Registry.Tests;

internal static class Sqlite
{
    public static Database Create(string folder) => new SqliteDatabase($"Data Source={Path.Combine(folder, "registry.db")}");
}

public sealed class SqliteVersionTests : VersionSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteAliasTests : AliasSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteAliasModelTests : AliasModelSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteWatchTests : WatchSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqlitePromotionTests : PromotionSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);

    protected override async Task SpoilDecisionsAsync() => await Database.WriteAsync(0, static (session, _) => session.Execute(
        "CREATE TRIGGER spoil AFTER INSERT ON registry_decision BEGIN UPDATE registry_decision SET evidence = '{' WHERE decision = NEW.decision; END"));
}

public sealed class SqliteDurabilityTests : DurabilitySuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteModelTests : ModelSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteVersionChangeTests : VersionChangeSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteFolderTests : FolderSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteApprovalTests : ApprovalSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteCacheTests : CacheSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteWebhookTests : WebhookSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}

public sealed class SqliteRepeatTests : RepeatSuite
{
    protected override Database Create(string folder) => Sqlite.Create(folder);
}
