namespace Mlops.Onnx;

public sealed partial class OnnxSignature
{
    /// <summary>
    /// Whether this model can take the place of <paramref name="current"/> without any of its callers noticing.
    /// </summary>
    /// <remarks>
    /// Inputs must have the same names, kinds, element types and ranks; a dimension may become free but not fixed, because a
    /// caller may send any size that was allowed before. Every output must still be there with its kind, element type and
    /// rank; a dimension may become fixed but not free. Extra outputs and other symbolic names do no harm. The order of the
    /// values does not count, because callers use names. The relation is not symmetric.
    /// </remarks>
    /// <param name="current">The signature that callers were written against.</param>
    /// <param name="differences">One sentence per breaking difference; empty when compatible.</param>
    /// <exception cref="ArgumentNullException"><paramref name="current"/> is null.</exception>
    public bool IsCompatibleWith(OnnxSignature current, out IReadOnlyList<string> differences)
    {
        ArgumentNullException.ThrowIfNull(current);
        List<string> found = [];

        foreach (OnnxValue old in current.Inputs)
            if (FindInput(old.Name) is { } mine)
                Compare("input", old, mine, accepts: mine, offers: old, found);
            else
                found.Add($"input '{old.Name}' is gone");

        foreach (OnnxValue mine in Inputs)
            if (current.FindInput(mine.Name) is null)
                found.Add($"input '{mine.Name}' is new ({mine.Describe()})");

        foreach (OnnxValue old in current.Outputs)
            if (FindOutput(old.Name) is { } mine)
                Compare("output", old, mine, accepts: old, offers: mine, found);
            else
                found.Add($"output '{old.Name}' is gone");

        differences = found;
        return found.Count == 0;
    }

    // Values flow from `offers` to `accepts`: for inputs from the caller to the model, for outputs the other way.
    private static void Compare(string role, OnnxValue old, OnnxValue mine, OnnxValue accepts, OnnxValue offers, List<string> found)
    {
        bool fits = old.Kind == mine.Kind && old.ElementType == mine.ElementType && ShapeFits(accepts.Shape, offers.Shape);
        if (!fits)
            found.Add($"{role} '{old.Name}' was {old.Describe()} and is {mine.Describe()}");
    }

    private static bool ShapeFits(IReadOnlyList<OnnxDimension>? accepts, IReadOnlyList<OnnxDimension>? offers)
    {
        if (accepts is null)
            return true;
        if (offers is null || offers.Count != accepts.Count)
            return false;

        for (int i = 0; i < accepts.Count; i++)
            if (accepts[i].IsFixed && accepts[i].Size != offers[i].Size)
                return false;

        return true;
    }
}
