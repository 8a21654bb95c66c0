namespace Mlops.Drift;

/// <summary>A row for <see cref="LinearClassifierTest"/>: the columns that are not zero, and their values.</summary>
internal readonly record struct FeatureRow(int[] Columns, float[] Values)
{
    public double SquaredLength
    {
        get
        {
            double sum = 0;
            foreach (float value in Values)
                sum += (double)value * value;
            return sum;
        }
    }

    public double Dot(double[] weights)
    {
        double sum = 0;
        for (int i = 0; i < Columns.Length; i++)
            sum += weights[Columns[i]] * Values[i];
        return sum;
    }

    public void AddTo(double[] weights, double factor)
    {
        for (int i = 0; i < Columns.Length; i++)
            weights[Columns[i]] += factor * Values[i];
    }
}
