using NUnit.Framework;

namespace Mlops.Storage.Conformance;

public abstract partial class ArtifactConformance
{
    [Test]
    public async Task Equal_bytes_of_a_hundred_runs_are_stored_once()
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] shared = Bytes(10_000);
        for (int run = 0; run < 100; run++)
        {
            await StoreAsync(catalog, run % 10 == 0 ? Bytes(20_000 + run) : shared, $"run/{run}");
        }

        ArtifactUsage usage = await catalog.GetUsageAsync();

        // 90 runs share one, ten have their own: eleven artifacts instead of a hundred.
        long own = Enumerable.Range(0, 10).Sum(static i => 20_000L + (10 * i));
        Assert.That(usage, Is.EqualTo(new ArtifactUsage(11, own + 10_000, 0, 0, own + (90 * 10_000))));
        Assert.That(await _place.CountAsync(), Is.EqualTo(11));
    }

    [Test]
    public async Task Usage_of_nothing_is_zero() => Assert.That(await Catalog(_database).GetUsageAsync(), Is.EqualTo(new ArtifactUsage(0, 0, 0, 0, 0)));

    [Test]
    public async Task A_dry_run_lists_what_the_collection_then_removes_and_removes_nothing()
    {
        ArtifactCatalog catalog = Catalog(_database);
        await StoreAsync(catalog, Bytes(10), "run/1");
        await using ArtifactUpload open = await catalog.UploadAsync(new MemoryStream(Bytes(11)));
        List<StoredArtifact> closed = [];
        foreach (int size in new[] { 12, 13, 14 })
        {
            await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(Bytes(size)));
            closed.Add(upload.Artifact);
        }

        List<StoredArtifact> garbage = await catalog.FindGarbageAsync();

        Assert.That(garbage, Is.EquivalentTo(closed));
        Assert.That(await catalog.FindGarbageAsync(2), Is.EqualTo(garbage.Take(2)));
        Assert.That(await catalog.GetUsageAsync(), Is.EqualTo(new ArtifactUsage(5, 60, 4, 50, 10)));
        Assert.That(await _place.CountAsync(), Is.EqualTo(5));
        Assert.That(await catalog.CollectGarbageAsync(), Is.EqualTo(new ArtifactCollection(3, 39)));
        Assert.That(await catalog.FindGarbageAsync(), Is.Empty);
    }

    [Test]
    public async Task Bytes_without_a_row_are_found_and_removed_and_nothing_else_is()
    {
        ArtifactCatalog catalog = Catalog(_database);
        ContentHash kept = await StoreAsync(catalog, Bytes(10), "run/1");
        await using ArtifactUpload open = await catalog.UploadAsync(new MemoryStream(Bytes(11)));
        StoredArtifact[] orphans = [.. Enumerable.Range(100, 70).Select(static size => new StoredArtifact(ContentHash.Of(Bytes(size)), size))];
        foreach (StoredArtifact orphan in orphans)
        {
            await _place.ReplaceAsync(orphan.Hash, Bytes((int)orphan.Length));
        }

        Assert.That(await catalog.FindOrphansAsync(), Is.EquivalentTo(orphans));
        Assert.That(await catalog.FindOrphansAsync(3), Has.Count.EqualTo(3));
        Assert.That(await _place.CountAsync(), Is.EqualTo(72));

        Assert.That(await catalog.RemoveOrphansAsync(), Is.EqualTo(new ArtifactCollection(70, orphans.Sum(static orphan => orphan.Length))));
        Assert.That(await _place.CountAsync(), Is.EqualTo(2));
        Assert.That(await catalog.ReadAllBytesAsync(kept, 10), Is.EqualTo(Bytes(10)));
    }
}
