using Mlops.Registry.Tests.Aliases;
using Mlops.Registry.Tests.Approvals;
using Mlops.Registry.Tests.Models;
using Mlops.Registry.Tests.Promotion;
using Mlops.Registry.Tests.Repeats;
using Mlops.Registry.Tests.Storage;
using Mlops.Registry.Tests.Versions;
using Mlops.Registry.Tests.Webhooks;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Registry.Tests;

internal static class PostgreSql
{
    public static Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}

public sealed class PostgreSqlVersionTests : VersionSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlAliasTests : AliasSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlAliasModelTests : AliasModelSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlWatchTests : WatchSuite
{
    // Signals would come before the poll that is tested.
    protected override Database Create(string folder) =>
        new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder), new DatabaseOptions { SignalProcesses = false });
}

public sealed class PostgreSqlPromotionTests : PromotionSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);

    protected override async Task SpoilDecisionsAsync() => await Database.WriteAsync(0, static (session, _) => session.Execute(
        """
        CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.evidence = '{'; RETURN NEW; END $$;
        CREATE TRIGGER spoil BEFORE INSERT ON registry_decision FOR EACH ROW EXECUTE FUNCTION spoil();
        """));
}

public sealed class PostgreSqlDurabilityTests : DurabilitySuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlModelTests : ModelSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlVersionChangeTests : VersionChangeSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlFolderTests : FolderSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlApprovalTests : ApprovalSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlCacheTests : CacheSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlWebhookTests : WebhookSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}

public sealed class PostgreSqlRepeatTests : RepeatSuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);
}
