using Mlops.Storage.Conformance;
using Mlops.Storage.Sqlite.Tests;

namespace Mlops.Storage.AzureBlobs.Tests;

[TestFixture]
public sealed class AzureArtifactConformanceTests : ArtifactConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;

    protected override Func<string, IArtifactPlace> Place => static _ => new AzurePlace();
}

[TestFixture]
public sealed class AzureSuitesTests
{
    [Test]
    public void The_store_skips_no_test_of_the_suite() =>
        Assert.That(ConformanceSuites.ShortcomingsOf(typeof(ArtifactConformance), typeof(AzureSuitesTests).Assembly.GetTypes()), Is.Empty);
}
