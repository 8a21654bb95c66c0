namespace NightlyRetrain;

/// <summary>Entries of one day at the Clark/Lake station, in thousands, and what was known two weeks before.</summary>
/// <param name="Date">The day.</param>
/// <param name="Entries">The target.</param>
/// <param name="Before">Entries of six stations 14 days earlier.</param>
public sealed record Day(DateOnly Date, double Entries, double[] Before)
{
    public const int InputCount = 13;

    public static readonly string[] InputNames =
    [
        "clark_lake", "quincy_wells", "harlem", "monroe", "belmont", "austin",
        "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
    ];

    /// <summary>The six counts, then the day of the week, one column for each.</summary>
    public float[] ToInputs()
    {
        float[] inputs = new float[InputCount];
        for (int i = 0; i < Before.Length; i++)
            inputs[i] = (float)Before[i];
        inputs[Before.Length + (int)Date.DayOfWeek] = 1;
        return inputs;
    }
}
