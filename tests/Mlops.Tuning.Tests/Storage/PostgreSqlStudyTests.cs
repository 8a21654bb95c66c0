using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Tuning.Tests;

public sealed class PostgreSqlStudyTests : StudyConformance
{
    protected override Database Create(string test) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(test));
}
