namespace Mlops.Tuning;

/// <summary>Memory for the terms of a density, one per kernel and candidate, that all estimators of a study share: they are evaluated one after the other.</summary>
internal sealed class ParzenRoom
{
    private double[] _terms = [];

    /// <summary>Room for so many numbers, of which nothing is known.</summary>
    public double[] Of(int count)
    {
        if (_terms.Length < count)
        {
            _terms = new double[count + (count / 2)];
        }

        return _terms;
    }
}
