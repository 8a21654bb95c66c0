namespace Mlops.Onnx;

public sealed partial class OnnxSignature
{
    /// <summary>
    /// Whether this model can take the place of <paramref name="current"/> without any of its callers noticing.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Values flow from the caller into inputs and from outputs to the caller: what arrives must fit where it goes. The order of the values does
    /// not count, because callers use names. The relation is not symmetric.
    /// </para>
    /// <list type="table">
    /// <listheader><term>change</term><description>compatible as an input, as an output</description></listheader>
    /// <item><term>the same names, kinds, element types and shapes</term><description>yes, yes</description></item>
    /// <item><term>a value is gone</term><description>no (callers still send it), no</description></item>
    /// <item><term>a value is new</term><description>no (callers do not send it), yes</description></item>
    /// <item><term>an input with a default in the file is new or gone</term><description>yes while no caller sends it: such inputs are no part of a signature</description></item>
    /// <item><term>a dimension becomes free (a symbol, or unnamed)</term><description>yes, no</description></item>
    /// <item><term>a dimension becomes fixed, or another size</term><description>no, fixed yes, another size no</description></item>
    /// <item><term>a symbol has another name</term><description>yes, yes: names of symbols bind nobody</description></item>
    /// <item><term>another rank</term><description>no, no</description></item>
    /// <item><term>the shape becomes unknown</term><description>yes, no</description></item>
    /// <item><term>the shape becomes known</term><description>no, yes</description></item>
    /// <item><term>another element type, also a wider one (float32 to float64, int32 to int64)</term><description>no, no: tensors are not converted on the way</description></item>
    /// <item><term>another kind (tensor, sequence, map, optional)</term><description>no, no</description></item>
    /// </list>
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
