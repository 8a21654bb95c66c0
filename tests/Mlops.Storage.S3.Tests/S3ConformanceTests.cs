using Mlops.Storage.Conformance;
using Mlops.Storage.Sqlite.Tests;

namespace Mlops.Storage.S3.Tests;

[TestFixture]
public sealed class S3ArtifactConformanceTests : ArtifactConformance
{
    protected override IStorageEngine Engine => SqliteEngine.Instance;

    protected override Func<string, IArtifactPlace> Place => static _ => new S3Place();
}

[TestFixture]
public sealed class S3SuitesTests
{
    [Test]
    public void The_store_skips_no_test_of_the_suite() =>
        Assert.That(ConformanceSuites.ShortcomingsOf(typeof(ArtifactConformance), typeof(S3SuitesTests).Assembly.GetTypes()), Is.Empty);
}
