namespace Mlops.Drift;

/// <summary>A monitor that reads its rows from objects of type <typeparamref name="T"/>. Thread-safe.</summary>
public sealed class DriftMonitor<T> : DriftMonitor
{
    private readonly DriftSchema<T> _schema;

    /// <inheritdoc cref="DriftMonitor(string, DriftSchema, DriftMonitorOptions?, DriftMonitorServices?)"/>
    public DriftMonitor(string name, DriftSchema<T> schema, DriftMonitorOptions? options = null, DriftMonitorServices? services = null)
        : base(name, schema, options, services)
    {
        _schema = schema;
    }

    /// <summary>
    /// Observes one row. Never throws: a selector's exception loses the row, is counted and logged once. Selectors run on this thread;
    /// the remarks of <see cref="DriftMonitor"/> say what the rest costs.
    /// </summary>
    public void Observe(in T row)
    {
        RowScratch scratch = RowScratch.Rent(_schema);
        try
        {
            _schema.Read(in row, scratch);
        }
        catch (Exception exception)
        {
            CountFailure(_schema.NameOf(scratch.Column), exception);
            RowScratch.Return(scratch);
            return;
        }

        Take(scratch.Numbers.AsSpan(0, _schema.NumericCount), scratch.Texts.AsSpan(0, _schema.CategoricalCount), ref scratch.Facts);
        RowScratch.Return(scratch);
    }
}
