-- `nil` of a tenant that is not listed and has no tier, `false` of one without a quota.
local function quota_of(key, tier)
  local quota = quotas_of_tenants[string.match(key or '', '^([^:]*):')]
  if quota == nil then
    quota = quotas_of_tiers[tier or only_tier or '']
  end
  return quota
end

-- The quota of the tenant that leads the key; the tier counts only for tenants that are not listed. -1 are left where
-- there is no quota.
local function take_of_tenant()
  return function(keys, args)
    local quota = quota_of(keys[1], args[2])
    if #keys ~= 1 or #args > 2 or quota == nil then
      return refuse('takes the key of a tenant, an amount, and the tier of a tenant that has no settings of its own')
    end
    return quota and take_fixed(quota[1], quota[2])(keys, { args[1] }) or { 1, -1, 0 }
  end
end

local function look_of_tenant()
  return function(keys, args)
    local quota = quota_of(keys[1], args[1])
    if #keys ~= 1 or #args > 1 or quota == nil then
      return refuse('takes the key of a tenant, and the tier of a tenant that has no settings of its own')
    end
    return quota and look_fixed(quota[1], quota[2])(keys) or { -1, 0 }
  end
end

