using System.Text.Json;

namespace Mlops.Tuning.Tests;

/// <summary>
/// A table of measured values as a problem: <c>{"axes": [{"name", "kind", "values"}], "values": [...]}</c>, the values in row-major order.
/// A categorical axis is searched as choices, an ordinal one in its order.
/// </summary>
internal sealed class TableProblem
{
    private readonly (string Name, ParameterDomain Domain, int Count)[] _axes;
    private readonly double[] _values;

    private TableProblem((string Name, ParameterDomain Domain, int Count)[] axes, double[] values)
    {
        _axes = axes;
        _values = values;
    }

    /// <exception cref="InvalidDataException">The file's values do not fill its axes.</exception>
    public static TableProblem Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        (string, ParameterDomain, int Count)[] axes = [.. document.RootElement.GetProperty("axes").EnumerateArray().Select(static axis => Axis(axis))];
        double[] values = [.. document.RootElement.GetProperty("values").EnumerateArray().Select(static value => value.GetDouble())];
        int cells = axes.Aggregate(1, static (product, axis) => product * axis.Count);
        return values.Length == cells
            ? new TableProblem(axes, values)
            : throw new InvalidDataException($"'{path}' has {values.Length} values, its axes span {cells}.");
    }

    /// <summary>The best value there is.</summary>
    public double Optimum => _values.Min();

    public double Evaluate(SamplerHarness harness)
    {
        int cell = 0;
        foreach ((string name, ParameterDomain domain, int count) in _axes)
        {
            cell = (cell * count) + (int)harness.Suggest(name, domain);
        }

        return _values[cell];
    }

    /// <summary>The values along the last axis, where that is the length of a training; the others are asked for.</summary>
    public double[] Curve(SamplerHarness harness)
    {
        int cell = 0;
        foreach ((string name, ParameterDomain domain, int count) in _axes[..^1])
        {
            cell = (cell * count) + (int)harness.Suggest(name, domain);
        }

        return _values[(cell * _axes[^1].Count)..((cell + 1) * _axes[^1].Count)];
    }

    private static (string Name, ParameterDomain Domain, int Count) Axis(JsonElement axis)
    {
        int count = axis.GetProperty("values").GetArrayLength();
        ParameterDomain domain = axis.GetProperty("kind").GetString() == "categorical"
            ? ParameterDomain.Categorical([.. axis.GetProperty("values").EnumerateArray().Select(static value => value.ToString())])
            : ParameterDomain.Ordinal([.. axis.GetProperty("values").EnumerateArray().Select(static value => value.ToString())]);
        return (axis.GetProperty("name").GetString()!, domain, count);
    }
}
