using Mlops.Registry;

namespace Mlops.Mlflow;

internal static class Stages
{
    public static readonly ModelStage[] All = [ModelStage.None, ModelStage.Staging, ModelStage.Production, ModelStage.Archived];

    public static string Name(ModelStage stage) => stage switch
    {
        ModelStage.Staging => "Staging",
        ModelStage.Production => "Production",
        ModelStage.Archived => "Archived",
        _ => "None",
    };

    /// <summary>Reads a stage in any case.</summary>
    /// <exception cref="ProtocolException">It is none.</exception>
    public static ModelStage Parse(string text)
    {
        foreach (ModelStage stage in All)
        {
            if (Name(stage).Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return stage;
            }
        }

        throw ProtocolException.Invalid($"Invalid Model Version stage: {ProtocolException.Shorten(text)}. Value must be one of None, Staging, Production, Archived.");
    }
}
