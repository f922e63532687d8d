using Microsoft.EntityFrameworkCore;
using Rescind.AspNetCore.Identity.Revocations;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>What decides about sessions in one type of user or role, and what a difference asks to be revoked.</summary>
internal interface IStateComparer
{
    /// <summary>The state of <paramref name="entity"/> as the object has it.</summary>
    Task<object> StateAsync(object entity);

    /// <summary>What lies between two states; null if it is nothing to anybody's session.</summary>
    RevocationPlan? Between(object before, object after);

    /// <summary>What the deletion asks for; null for nothing.</summary>
    RevocationPlan? Deletion(object before);

    /// <summary>What the creation of <paramref name="entity"/> asks for; null for nothing.</summary>
    Task<RevocationPlan?> CreationAsync(object entity);

    /// <summary>
    /// What a change of <paramref name="row"/> asks for; null if <paramref name="context"/> has stored nobody with this id.
    /// </summary>
    Task<RevocationPlan?> LinkedAsync(DbContext context, object id, LinkedRow row);
}
