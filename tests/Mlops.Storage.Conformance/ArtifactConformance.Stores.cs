using NUnit.Framework;

namespace Mlops.Storage.Conformance;

public abstract partial class ArtifactConformance
{
    [Test]
    public async Task Stores_that_are_given_the_same_bytes_at_once_keep_one_artifact()
    {
        // Enough to be sent in parts where a store does that.
        byte[] content = Bytes(6 << 20);

        await Parallel.ForAsync(0, 4, async (_, cancellationToken) =>
        {
            await using StagedArtifact staged = await _place.Open().StageAsync(new MemoryStream(content), cancellationToken);
            await staged.PublishAsync(cancellationToken);
        });

        Assert.That(await ListAsync(), Is.EqualTo(new[] { new StoredArtifact(ContentHash.Of(content), content.Length) }));
        Assert.That((await _place.ReadAsync(ContentHash.Of(content))).AsSpan().SequenceEqual(content), Is.True);
    }

    [Test]
    public async Task Anything_else_in_the_place_is_no_artifact()
    {
        foreach (string name in new[] { "readme.txt", $"folder/{ContentHash.Of([1])}", ContentHash.Of([1]).ToString().ToUpperInvariant() })
        {
            await _place.AddAsync(name, [1]);
        }

        Assert.That(await _place.CountAsync(), Is.EqualTo(3));
        Assert.That(await ListAsync(), Is.Empty);
    }

    private async Task<List<StoredArtifact>> ListAsync()
    {
        List<StoredArtifact> all = [];
        await foreach (StoredArtifact artifact in ((IArtifactListing)_place.Open()).ListAsync())
        {
            all.Add(artifact);
        }

        return all;
    }
}
