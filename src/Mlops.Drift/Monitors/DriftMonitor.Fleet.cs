namespace Mlops.Drift;

public partial class DriftMonitor
{
    /// <summary>
    /// Describes the live version's open window as a profile of its reference's bins and categories: a few kilobytes that can leave the process. Those of a fleet's instances
    /// merge (<see cref="ReferenceProfile.Merge(IReadOnlyCollection{ReferenceProfile})"/>) to that of all their rows, which
    /// <see cref="DriftReport.Compare(ReferenceProfile, ReferenceProfile, DriftThresholds?)"/> judges as one window.
    /// </summary>
    /// <param name="instance">Another number for each instance, so that the merged sample is one of all rows.</param>
    /// <returns>Null while the live version has no reference, or the window no row.</returns>
    public ReferenceProfile? DescribeWindow(long instance)
    {
        ReferenceProfile reference;
        RowSet rows;
        string? version;
        lock (_gate)
        {
            Drain();
            if (_engine.Active.Profile is not { } profile)
                return null;
            (reference, version) = (profile, _engine.Active.PublicDigest);
            rows = _engine.Active.OpenWindow(_engine.Now(_services.TimeProvider));
        }

        ProfileBuilder builder = new(Schema, new ProfileOptions
        {
            MergeableWith = reference,
            Season = reference.Season,
            MaximumSampleRows = reference.Parts.MaximumSample,
            ModelVersion = version,
            SampleSeed = instance,
        });
        RowScratch scratch = RowScratch.Rent(Schema);
        for (int row = 0; row < rows.Count; row++)
        {
            rows.Read(row, scratch);
            builder.Add(scratch.Numbers, scratch.Texts, rows.Ticks[row]);
        }

        RowScratch.Return(scratch);
        return builder.Build();
    }
}
