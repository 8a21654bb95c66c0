using CsCheck;

namespace Mlops.Drift.Tests;

internal sealed class ReferenceProfileTests
{
    [Test]
    public void A_profile_reads_back_as_it_was_written()
    {
        ReferenceProfile profile = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(3_000), new() { Season = Season.Quarter, ModelVersion = "v1" });
        using MemoryStream stream = new();

        profile.WriteTo(stream);
        stream.Position = 0;
        ReferenceProfile read = ReferenceProfile.Read(stream);

        Assert.That(read.ToArray(), Is.EqualTo(profile.ToArray()));
        Assert.That(read.Digest, Is.EqualTo(profile.Digest));
        Assert.That((read.ModelVersion, read.Season, read.Rows), Is.EqualTo(("v1", Season.Quarter, 3_000L)));
        Assert.That(read.From, Is.EqualTo(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        List<Ride> window = new Draws(2).Rides(500);
        Assert.That(DriftReport.Compare(read, Ride.Schema, window).ToJson(), Is.EqualTo(DriftReport.Compare(profile, window).ToJson()));
    }

    [Test]
    public void The_golden_profile_still_reads_and_its_bytes_are_unchanged()
    {
        ReferenceProfile profile = ReferenceProfile.Build(
            Ride.Schema, new Draws(7).Rides(120), new() { Season = Season.Month, ModelVersion = "golden", MaximumSampleRows = 100 });
        string path = Path.Combine(AppContext.BaseDirectory, "Golden", "profile-v1.bin");

        if (Environment.GetEnvironmentVariable("MLOPS_WRITE_GOLDEN") is { } folder)
            File.WriteAllBytes(Path.Combine(folder, "profile-v1.bin"), profile.ToArray());
        byte[] golden = File.ReadAllBytes(path);

        Assert.That(ReferenceProfile.Read(golden).Rows, Is.EqualTo(120));
        Assert.That(profile.ToArray(), Is.EqualTo(golden));
    }

    [Test]
    public void Damaged_short_and_newer_profiles_are_refused()
    {
        byte[] good = ReferenceProfile.Build(Ride.Schema, new Draws(3).Rides(200)).ToArray();
        byte[] newer = (byte[])good.Clone();
        newer[4] = 99;

        Assert.That(() => ReferenceProfile.Read(newer), Throws.TypeOf<DriftFormatException>().With.Message.Contains("99"));
        Assert.That(() => ReferenceProfile.Read([]), Throws.TypeOf<DriftFormatException>());
        Gen.Int[0, good.Length - 1].Sample(
            position =>
            {
                byte[] flipped = (byte[])good.Clone();
                flipped[position] ^= 0x40;
                Assert.That(() => ReferenceProfile.Read(flipped), Throws.TypeOf<DriftFormatException>());
                Assert.That(() => ReferenceProfile.Read(good.AsSpan(0, position)), Throws.TypeOf<DriftFormatException>());
            },
            iter: 300);
    }

    [Test]
    public void Merge_of_two_profiles_is_the_profile_of_the_whole()
    {
        List<Ride> first = new Draws(4).Rides(1_000), second = new Draws(5).Rides(1_500, start: new DateTimeOffset(2024, 5, 1, 0, 0, 0, TimeSpan.Zero));
        ProfileOptions options = new() { Season = Season.Month, MaximumSampleRows = 200 };
        ReferenceProfile left = ReferenceProfile.Build(Ride.Schema, first, options);
        ReferenceProfile right = ReferenceProfile.Build(
            Ride.Schema, second, new() { Season = Season.Month, MaximumSampleRows = 200, MergeableWith = left, SampleSeed = 1 });
        ReferenceProfile whole = ReferenceProfile.Build(
            Ride.Schema, [.. first, .. second], new() { Season = Season.Month, MaximumSampleRows = 200, MergeableWith = left });

        ReferenceProfile merged = left.Merge(right);

        Assert.That(merged.Rows, Is.EqualTo(whole.Rows));
        Assert.That((merged.From, merged.To), Is.EqualTo((whole.From, whole.To)));
        for (int part = 0; part < 12; part++)
        {
            Assert.That(merged.Parts[part]?.Rows, Is.EqualTo(whole.Parts[part]?.Rows));
            if (merged.Parts[part] is not { } m || whole.Parts[part] is not { } w)
                continue;
            Assert.That(m.Numeric.Select(n => n.Histogram.Counts.ToArray()), Is.EqualTo(w.Numeric.Select(n => n.Histogram.Counts.ToArray())));
            Assert.That(m.Numeric.Select(n => n.Missing), Is.EqualTo(w.Numeric.Select(n => n.Missing)));
            Assert.That(m.Categorical.Select(c => c.Counts), Is.EqualTo(w.Categorical.Select(c => c.Counts)));
            Assert.That(m.Numeric[0].Moments.Mean, Is.EqualTo(w.Numeric[0].Moments.Mean).Within(1e-12));
            Assert.That(m.Sample.Count, Is.EqualTo(Math.Min(200, m.Rows)));
        }
    }

    [Test]
    public void Profiles_with_other_bins_do_not_merge()
    {
        ReferenceProfile left = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(300));
        ReferenceProfile right = ReferenceProfile.Build(Ride.Schema, new Draws(2).Rides(300));

        Assert.That(() => left.Merge(right), Throws.ArgumentException.With.Message.Contains("MergeableWith"));
    }

    [Test]
    public void A_stream_longer_than_the_first_chunk_is_counted_whole_in_bounded_memory()
    {
        List<Ride> rides = new Draws(6).Rides(2_500);
        ProfileOptions chunked = new() { FreezeAfterRows = 500, MaximumSampleRows = 300 };

        ReferenceProfile profile = ReferenceProfile.Build(Ride.Schema, rides, chunked);

        ProfilePart part = profile.Parts.Whole!;
        Assert.That(profile.Rows, Is.EqualTo(2_500));
        Assert.That(part.Numeric[0].Histogram.FiniteCount, Is.EqualTo(2_500));
        Assert.That(part.Numeric[1].Missing, Is.EqualTo(rides.Count(r => r.Tip is null)));
        Assert.That(part.Sample.Count, Is.EqualTo(300));
        Assert.That(part.Numeric[0].Moments.Mean, Is.EqualTo(rides.Average(r => r.Distance)).Within(1e-12));
    }

    [Test]
    public void The_digest_changes_with_the_model_version_and_with_the_data()
    {
        ReferenceProfile one = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(200));
        ReferenceProfile other = ReferenceProfile.Build(Ride.Schema, new Draws(2).Rides(200));

        Assert.That(one.ForModelVersion("a").Digest, Is.Not.EqualTo(one.ForModelVersion("b").Digest));
        Assert.That(one.ForModelVersion("a").Digest, Is.EqualTo(one.ForModelVersion("b").ForModelVersion("a").Digest));
        Assert.That(one.Digest, Is.Not.EqualTo(other.Digest));
    }

    [Test]
    public void Bad_options_and_rows_are_refused_at_once()
    {
        Assert.Throws<ArgumentException>(() => ReferenceProfile.Build(Ride.Schema, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(10), new() { Bins = 1 }));
        DriftSchema<Ride> timeless = DriftSchema.For<Ride>(s => s.Numeric(r => r.Distance));
        Assert.That(
            () => ReferenceProfile.Build(timeless, new Draws(1).Rides(10), new() { Season = Season.Month }),
            Throws.ArgumentException.With.Message.Contains("Timestamp"));
    }
}
