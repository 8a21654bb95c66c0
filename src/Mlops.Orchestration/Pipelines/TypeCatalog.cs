using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>Finds the serialisation of a type in the contexts of a definition, and collects the types that none of them knows.</summary>
internal sealed class TypeCatalog
{
    private readonly List<JsonSerializerContext> _contexts = [];

    public void Add(ReadOnlySpan<JsonSerializerContext> contexts)
    {
        _contexts.AddRange(contexts);
    }

    /// <summary>The serialisation of a type; null, and the type is named, where there is none.</summary>
    public JsonTypeInfo<T>? Resolve<T>(List<Type> missing)
    {
        JsonTypeInfo<T>? known = Find<T>();
        if (known is null)
        {
            missing.Add(typeof(T));
        }

        return known;
    }

    public JsonTypeInfo<T>? Find<T>()
    {
        foreach (JsonSerializerContext context in _contexts)
        {
            if (context.GetTypeInfo(typeof(T)) is JsonTypeInfo<T> known)
            {
                return known;
            }
        }

        return CommonTypesContext.Default.GetTypeInfo(typeof(T)) as JsonTypeInfo<T>;
    }
}
